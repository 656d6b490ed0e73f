/**
 * Services that give names below a domain of theirs to whoever asks, as far as DNS can tell something about them. Written by hand and never
 * complete: what is missing here is told as a name in somebody else's domain.
 */

export interface Service {
  readonly name: string
  /** `*` stands for one label or the rest of one, `**` for one or more labels. */
  readonly patterns: readonly string[]
  /**
   * `name`: customers choose the name, and one that nobody has does not exist: what does not exist is free · `given`: the service chooses
   * at least a part of it, or what it does is not known well: what does not exist may be free · `always`: every name resolves, taken or
   * not.
   */
  readonly names: 'name' | 'given' | 'always'
}

const SERVICES: readonly Service[] = [
  { name: 'Azure App Service', patterns: ['*.azurewebsites.net'], names: 'name' },
  { name: 'Azure App Service', patterns: ['*.*.azurewebsites.net'], names: 'given' },
  { name: 'Azure Cloud Services', patterns: ['*.cloudapp.net', '*.*.cloudapp.azure.com'], names: 'name' },
  { name: 'Azure Traffic Manager', patterns: ['*.trafficmanager.net'], names: 'name' },
  { name: 'Azure API Management', patterns: ['*.azure-api.net'], names: 'name' },
  { name: 'Azure Storage', patterns: ['*.blob.core.windows.net', '*.*.web.core.windows.net'], names: 'name' },
  { name: 'Azure CDN', patterns: ['*.azureedge.net'], names: 'given' },
  { name: 'Azure Front Door', patterns: ['**.azurefd.net'], names: 'given' },
  { name: 'Azure Container Instances', patterns: ['**.azurecontainer.io'], names: 'given' },
  { name: 'AWS Elastic Beanstalk', patterns: ['*.*.elasticbeanstalk.com'], names: 'name' },
  { name: 'AWS Elastic Beanstalk', patterns: ['*.elasticbeanstalk.com'], names: 'given' },
  { name: 'AWS Elastic Load Balancing', patterns: ['**.elb.amazonaws.com'], names: 'given' },
  { name: 'Amazon CloudFront', patterns: ['*.cloudfront.net'], names: 'given' },
  {
    name: 'Amazon S3',
    patterns: ['**.s3.amazonaws.com', '**.s3.*.amazonaws.com', '**.s3-*.amazonaws.com', '**.s3-website.*.amazonaws.com'],
    names: 'always',
  },
  { name: 'Bitbucket Cloud', patterns: ['*.bitbucket.io'], names: 'always' },
  { name: 'Cloudflare Pages', patterns: ['**.pages.dev'], names: 'given' },
  { name: 'Fastly', patterns: ['**.fastly.net'], names: 'given' },
  { name: 'Firebase Hosting', patterns: ['*.web.app', '*.firebaseapp.com'], names: 'always' },
  { name: 'Fly.io', patterns: ['*.fly.dev'], names: 'given' },
  { name: 'Ghost', patterns: ['*.ghost.io'], names: 'always' },
  { name: 'GitHub Pages', patterns: ['*.github.io'], names: 'always' },
  { name: 'GitLab Pages', patterns: ['**.gitlab.io'], names: 'always' },
  { name: 'Heroku', patterns: ['*.herokuapp.com'], names: 'always' },
  { name: 'Heroku', patterns: ['**.herokudns.com'], names: 'given' },
  { name: 'Netlify', patterns: ['*.netlify.app', '*.netlify.com'], names: 'always' },
  { name: 'Pantheon', patterns: ['*.pantheonsite.io'], names: 'always' },
  { name: 'Read the Docs', patterns: ['*.readthedocs.io'], names: 'always' },
  { name: 'Render', patterns: ['*.onrender.com'], names: 'always' },
  { name: 'Shopify', patterns: ['*.myshopify.com'], names: 'always' },
  { name: 'Surge', patterns: ['*.surge.sh'], names: 'always' },
  { name: 'Tumblr', patterns: ['*.tumblr.com'], names: 'always' },
  { name: 'Vercel', patterns: ['*.vercel.app'], names: 'always' },
  { name: 'WordPress.com', patterns: ['*.wordpress.com'], names: 'always' },
  { name: 'Zendesk', patterns: ['*.zendesk.com'], names: 'always' },
]

const COMPILED = SERVICES.flatMap((service) => service.patterns.map((pattern) => ({ service, expression: compile(pattern) })))

/** The service that a name belongs to, if it is listed; `name` as `readName` gives it. */
export function serviceOf(name: string): Service | null {
  return COMPILED.find(({ expression }) => expression.test(name))?.service ?? null
}

function compile(pattern: string): RegExp {
  const labels = pattern.split('.').map((label) => (label === '**' ? '[^.]+(?:\\.[^.]+)*' : label.replaceAll('*', '[^.]+')))
  return new RegExp(`^${labels.join('\\.')}$`)
}
