import { memory } from 'landbridge/memory'
import { serveFastify } from '../lib/fastify-landbridge.ts'

await serveFastify(memory())
