/**
 * Seconds that the job service waits before it tries again what has failed so often: gocraft/work's default, for Harbor sets none
 * (worker_pool.go, defaultBackoffCalculator). After the first failure that is 16 to 74 s.
 * @param random from 0 up to 1
 */
export function backOffSeconds(fails: number, random: () => number = Math.random): number {
  return fails ** 4 + 15 + Math.floor(random() * 30) * (fails + 1);
}
