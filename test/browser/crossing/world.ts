/** The hosts of the tests: one application on many names, and somebody else's. */
export interface World {
  readonly scheme: 'http' | 'https'
  readonly hub: string
  readonly elmer: string
  readonly fudd: string
  readonly alice: string
  readonly shopA: string
  readonly shopB: string
  readonly evil: string
}

/** Browsers take these for secure without TLS. */
export const LOCALHOST: World = {
  scheme: 'http',
  hub: 'acme.localhost',
  elmer: 'elmer.acme.localhost',
  fudd: 'fudd.acme.localhost',
  alice: 'alice.acme.localhost',
  shopA: 'shop-a.localhost',
  shopB: 'shop-b.localhost',
  evil: 'evil.localhost',
}

export const TLS: World = {
  scheme: 'https',
  hub: 'acme.test',
  elmer: 'elmer.acme.test',
  fudd: 'fudd.acme.test',
  alice: 'alice.acme.test',
  shopA: 'shop-a.test',
  shopB: 'shop-b.example',
  evil: 'evil.example',
}

/** WebKitGTK decides about cookies only for domains that its list of suffixes knows. No request leaves the machine: see its proxy. */
export const LISTED: World = {
  scheme: 'https',
  hub: 'example.com',
  elmer: 'elmer.example.com',
  fudd: 'fudd.example.com',
  alice: 'alice.example.com',
  shopA: 'example.net',
  shopB: 'example.org',
  evil: 'example.edu',
}

export const hostsOf = (world: World): string[] => Object.values(world).filter((value) => value !== world.scheme)
