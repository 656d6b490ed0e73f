export { storeConformance } from './conformance.ts'
export type { StoreCase, StoreFactory } from './store-case.ts'
export { virtualClock } from './virtual-clock.ts'
export type { VirtualClock } from './virtual-clock.ts'
