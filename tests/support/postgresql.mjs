// A database of its own for a test file, on the cluster that ./test runs (GATEHOUSE_TEST_POSTGRESQL).
//
//   const database = await freshDatabase()
//   database.address                          for GATEHOUSE_STORAGE_DATABASE
//   await database.query('SELECT 1')          what psql prints, unaligned
//   await database.drop()
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const psql = async (address, sql) =>
  (await promisify(execFile)('/usr/lib/postgresql/15/bin/psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', sql, address])).stdout.trim()

export async function freshDatabase() {
  const cluster = process.env.GATEHOUSE_TEST_POSTGRESQL
  if (!cluster) throw new Error('GATEHOUSE_TEST_POSTGRESQL is not set; ./test sets it')
  const name = `gatehouse_${process.pid}_${randomBytes(4).toString('hex')}`
  await psql(`${cluster}/postgres`, `CREATE DATABASE ${name}`)
  return {
    address: `${cluster}/${name}`,
    query: (sql) => psql(`${cluster}/${name}`, sql),
    drop: () => psql(`${cluster}/postgres`, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}
