/** The pages of the application: plain HTML, and what a script has to find has an id. */

interface Shown {
  readonly host: string
  readonly who: string
  readonly role: string
  readonly tag: string
  readonly cart: readonly string[]
  readonly note: string
  readonly scripts: readonly string[]
  /** Somebody else's origin, to link to and to load an image from. */
  readonly outside: string
}

const head = (title: string): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>`

export const signInPage = (): string => `${head('Sign in')}
<form method="post"><input name="account" id="account"><input type="checkbox" name="remember" id="remember"><button id="sign-in">Sign in</button></form>`

/** What the page shows is made by the tests themselves: nothing in it needs escaping. */
export const hostPage = ({ host, who, role, tag, cart, note, scripts, outside }: Shown): string => `${head(host)}
<p id="who">${who}</p><p id="role">${role}</p><p id="cart">${cart.join(',')}</p><p id="kept">${note}</p>
<form method="post" action="/save"><input type="hidden" name="tag" value="${tag}"><input name="note" id="note"><button id="save">Save</button></form>
<form method="post" action="/cart"><input name="item" id="item"><button id="put">Put into the cart</button></form>
<form method="post" action="/.session/push"><input name="to" id="to"><button id="carry">Go on with the cart</button></form>
<form method="post" action="/.session/sign-out"><input name="reach" id="reach"><button id="sign-out">Sign out</button></form>
<form method="post" action="/add" id="add"><input name="account" id="further"><button id="add-account">Add an account</button></form>
<a id="begin" href="/.session/begin?to=/">Sign in</a><a id="elsewhere" href="/elsewhere">Another page</a>
${outside ? `<a id="outside" href="${outside}/linked">Elsewhere</a><img src="${outside}/image.png" alt="">` : ''}
${scripts.map((url) => `<script src="${url}" referrerpolicy="strict-origin"></script>`).join('\n')}`
