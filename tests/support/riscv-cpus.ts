/** The CPUs that tests of the whole instruction table go over. */

/** Between them they have every extension and every instruction: what `max` leaves out (NOT_IN_MAX of models.ts) is asked for. */
export const CPUS = {
  rv64: 'max,svade=on,smrnmi=on,smdbltrp=on',
  rv32: 'max32,svade=on,smrnmi=on,smdbltrp=on',
  rv64zce: 'max,c=off,zce=on',
  rv32zce: 'max32,c=off,zce=on',
} as const;
