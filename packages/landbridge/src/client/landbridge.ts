/**
 * The client as one classic script, which defines `landbridge`: `<script src="…/landbridge.js" data-account-tag="…"></script>`.
 * Marked links and forms go by push from the start.
 */
import * as client from './index.ts'

declare global {
  var landbridge: typeof client
}

globalThis.landbridge = client

if (typeof document === 'object') {
  const script = document.currentScript
  // Something else of that name may stand in the page.
  if (script instanceof HTMLScriptElement) {
    const { basePath, accountTag, unhinted } = script.dataset
    client.configure({ basePath, accountTag, unhinted: unhinted !== undefined })
  }
  client.pushLinks()
}
