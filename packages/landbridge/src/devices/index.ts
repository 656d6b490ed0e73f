export type { DevicesHandler, DevicesOptions, DevicesRequest, DevicesSession } from './devices.ts'
export { devices } from './devices.ts'
export { expressDevices, fastifyDevices, honoDevices, nodeDevices, webDevices } from './mounts.ts'
export type { DevicesTexts } from './texts.ts'
