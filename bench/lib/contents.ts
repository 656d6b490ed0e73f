/** Two sets of session data, as shops keep them. */
export const CONTENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  small: { cart: ['sku-1', 'sku-2'], theme: 'dark', locale: 'de-DE', name: 'Ada Lovelace' },
  medium: {
    cart: [
      { sku: 'sku-1', quantity: 2, price: 12.5 },
      { sku: 'sku-2', quantity: 1, price: 3 },
    ],
    theme: 'dark',
    locale: 'en-GB',
    lastPage: '/products/42',
    email: 'ada@example.com',
    roles: ['admin', 'editor'],
  },
}
