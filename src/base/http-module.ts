/**
 * The module `node:http`. An import of it also loads the WebSocket client that it exports, which nothing here uses, and
 * which costs each process 20 ms.
 */
export const http: typeof import('node:http') = process.getBuiltinModule('node:http')
