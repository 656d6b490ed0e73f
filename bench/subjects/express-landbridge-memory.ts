import { memory } from 'landbridge/memory'
import { serveExpress } from '../lib/express-landbridge.ts'

serveExpress(memory())
