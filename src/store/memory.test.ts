import { testStore } from '../../test/support/store-suite.ts'
import { MemoryDatabase, openMemory } from './memory.ts'

testStore('memory', async () => {
  const database = new MemoryDatabase()
  return {
    open: async () => openMemory(database),
    [Symbol.asyncDispose]: async () => {},
  }
})
