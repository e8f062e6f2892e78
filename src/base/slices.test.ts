import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  mapInSlices,
  neverGiveWay,
  SLICE_MS,
  type SliceDependencies,
  Slices,
  sortInSlices,
} from './slices.ts'

/** Slices on a loop that the test turns. */
function openBed() {
  const loop = { nowMs: 0, ends: [] as (() => void)[], sleepers: [] as (() => void)[] }
  const dependencies: SliceDependencies = {
    clock: { monotonicMs: () => loop.nowMs },
    afterThisTurn: (task) => void loop.ends.push(task),
    sleep: () => new Promise((resolve) => loop.sleepers.push(resolve)),
  }
  const settle = async (): Promise<void> => {
    for (let pass = 0; pass < 20; pass += 1) await Promise.resolve()
  }
  /** Ends this turn, lets all rest, and runs what goes on in the next one. */
  const turn = async (): Promise<void> => {
    for (const end of loop.ends.splice(0)) end()
    await settle()
    for (const wake of loop.sleepers.splice(0)) wake()
    await settle()
  }
  return { loop, turn, settle, slices: new Slices(dependencies) }
}

test('Slices lets work go on until its slice is over, and then has it wait', async () => {
  const { loop, turn, slices } = openBed()
  assert.equal(slices.giveWay(), undefined)
  loop.nowMs = SLICE_MS - 0.1
  assert.equal(slices.giveWay(), undefined)
  loop.nowMs = SLICE_MS
  const wait = slices.giveWay()
  assert.ok(wait instanceof Promise)
  let resumed = false
  void wait.then(() => {
    resumed = true
  })
  await turn()
  assert.ok(resumed)
})

test('Slices begins a new slice in each turn', async () => {
  const { loop, turn, slices } = openBed()
  assert.equal(slices.giveWay(), undefined)
  await turn()
  loop.nowMs = 100
  assert.equal(slices.giveWay(), undefined)
})

test('Slices gives all work of a turn one slice together, and then one slice to one in turn', async () => {
  const { loop, turn, settle, slices } = openBed()
  const steps: string[] = []
  const work = async (name: string): Promise<void> => {
    for (let step = 0; step < 4; step += 1) {
      const wait = slices.giveWay()
      if (wait !== undefined) await wait
      steps.push(name)
      loop.nowMs += SLICE_MS
    }
  }
  const all = Promise.all(['a', 'b', 'c'].map(work))
  await settle()
  assert.deepEqual(steps.splice(0), ['a'])
  for (const expected of ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'b', 'c']) {
    await turn()
    assert.deepEqual(steps.splice(0), [expected])
  }
  await all
})

test('mapInSlices keeps the order, and needs nobody to give way to', async () => {
  assert.deepEqual(await mapInSlices([1, 2, 3], (n) => n * 2, neverGiveWay), [2, 4, 6])
  const { loop, turn, slices } = openBed()
  const step = (n: number): number => {
    loop.nowMs += SLICE_MS
    return n * 2
  }
  let done: readonly number[] | undefined
  void mapInSlices([1, 2, 3], step, slices.giveWay).then((results) => {
    done = results
  })
  for (let turns = 0; turns < 3; turns += 1) await turn()
  assert.deepEqual(done, [2, 4, 6])
})

test('sortInSlices sorts as Array.sort does, equal items in their order', async () => {
  const item = fc.record({ key: fc.integer({ min: 0, max: 50 }), place: fc.integer() })
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 1500, size: 'max' }), async (items) => {
      const compare = (one: { key: number }, other: { key: number }) => one.key - other.key
      let asked = 0
      const giveWay = () => {
        asked += 1
        return Promise.resolve()
      }
      assert.deepEqual(await sortInSlices(items, compare, giveWay), items.toSorted(compare))
      assert.ok(asked >= Math.floor(items.length / 200))
    }),
    { numRuns: 30 },
  )
})
