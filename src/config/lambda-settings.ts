import { join } from 'node:path'
import { type Address, parseAddress } from './places.ts'
import { type Given, need, parsePath, parseWithin, pathSetting, read, setting } from './setting.ts'

/** The configuration of the Lambda API. */
export type LambdaConfig = {
  readonly listen: Address
  /** The folder of the code of functions. */
  readonly folder: string
  /** A Python that has `awslambdaric`. */
  readonly python: string | undefined
  /** Processes of functions at once. */
  readonly environments: number
}

/** The folder of functions within the data folder, unless a setting names another. */
const FOLDER = 'lambda'
const ENVIRONMENTS_MAX = 1_000

/** The settings of the Lambda API. */
export const LAMBDA_SETTINGS = {
  lambdaListen: setting({
    variable: 'HOLDFAST_LAMBDA_LISTEN',
    flag: 'lambda-listen',
    byDefault: '127.0.0.1:7691',
    about: 'the address that lambda serve serves on; any other than a loopback address requires TLS',
    expected: 'ADDRESS:PORT, for example 127.0.0.1:7691 or [::1]:7691',
    parse: parseAddress,
  }),
  lambdaFolder: pathSetting({
    variable: 'HOLDFAST_LAMBDA_FOLDER',
    flag: 'lambda-folder',
    about: 'the folder of the code of functions; without it, lambda in the data folder',
  }),
  lambdaPython: setting({
    variable: 'HOLDFAST_LAMBDA_PYTHON',
    flag: 'lambda-python',
    byDefault: undefined,
    about: 'a Python that has the package awslambdaric, for functions in Python; without it, there are none',
    expected: 'a path',
    parse: parsePath,
  }),
  lambdaEnvironments: setting({
    variable: 'HOLDFAST_LAMBDA_ENVIRONMENTS',
    flag: 'lambda-environments',
    byDefault: '20',
    about: 'how many processes of functions run at once',
    expected: `a whole number from 1 to ${ENVIRONMENTS_MAX}`,
    parse: (text) => parseWithin(text, 1, ENVIRONMENTS_MAX),
  }),
}

/** @throws ConfigError. */
export function parseLambda(given: Given, data: string): LambdaConfig {
  return {
    listen: need(LAMBDA_SETTINGS.lambdaListen, given),
    folder: read(LAMBDA_SETTINGS.lambdaFolder, given) ?? join(data, FOLDER),
    python: read(LAMBDA_SETTINGS.lambdaPython, given),
    environments: need(LAMBDA_SETTINGS.lambdaEnvironments, given),
  }
}
