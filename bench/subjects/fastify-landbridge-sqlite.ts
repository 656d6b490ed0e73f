import { sqlite } from 'landbridge/sqlite'
import { serveFastify } from '../lib/fastify-landbridge.ts'
import { temporaryFile } from '../lib/temporary.ts'

await serveFastify(sqlite(temporaryFile()))
