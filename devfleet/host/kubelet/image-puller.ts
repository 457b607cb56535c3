import { parseImageName, type StoredImage } from '../images.ts';
import { BackOff } from './back-off.ts';
import type { Around, KubeletParts } from './parts.ts';
import type { Container } from './pod.ts';
import { pullCredentials } from './pull-secrets.ts';

/** The image is not there; ask again after `waitMs`. */
export interface NoImage {
  reason: string;
  message: string;
  waitMs: number;
}

/** How long ErrImagePull stands before it is called ImagePullBackOff. */
const ERROR_SHOWN_MS = 1000;

/** Gets one container's image onto the machine by its pull policy, with the kubelet's states, events and back-off. */
export class ImagePuller {
  readonly #container: string;
  readonly #parts: KubeletParts;
  readonly #around: Pick<Around, 'pod'>;
  readonly #backOff: BackOff;

  constructor(container: string, parts: KubeletParts, around: Pick<Around, 'pod'>) {
    this.#container = container;
    this.#parts = parts;
    this.#around = around;
    this.#backOff = new BackOff(() => parts.faults.backOff);
  }

  reset(): void {
    this.#backOff.reset();
  }

  async ensure(
    spec: Container,
    show: (waiting: { reason: string; message: string }) => void,
  ): Promise<StoredImage | NoImage> {
    const { image } = spec;
    const { images } = this.#parts.machine;
    const policy =
      spec.imagePullPolicy ?? (/:latest$|^[^:]*$/.test(image.replace(/^[^/]*\//, '')) ? 'Always' : 'IfNotPresent');
    const stored = images.get(image);
    if (stored !== undefined && policy !== 'Always') {
      this.#emit('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      return stored;
    }
    if (policy === 'Never')
      return this.#refuse('ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`);
    try {
      parseImageName(image);
    } catch (error) {
      return this.#refuse(
        'InvalidImageName',
        `Failed to apply default image tag "${image}": ${(error as Error).message}`,
      );
    }
    const left = this.#backOff.left(Date.now());
    if (left > 0) {
      const message = `Back-off pulling image "${image}"`;
      this.#emit('Normal', 'BackOff', message);
      return { reason: 'ImagePullBackOff', message, waitMs: left };
    }
    return this.#pull(image, show);
  }

  async #pull(
    image: string,
    show: (waiting: { reason: string; message: string }) => void,
  ): Promise<StoredImage | NoImage> {
    const began = Date.now();
    this.#emit('Normal', 'Pulling', `Pulling image "${image}"`);
    try {
      const pod = this.#around.pod();
      const credentials = await pullCredentials(this.#parts.api, pod);
      const pulled = await this.#parts.machine.images.pull(image, credentials);
      this.#emit(
        'Normal',
        'Pulled',
        `Successfully pulled image "${image}" in ${Date.now() - began}ms. Image size: ${pulled.bytes} bytes.`,
      );
      return pulled;
    } catch (error) {
      this.#backOff.next(Date.now());
      const message = `Failed to pull image "${image}": ${(error as Error).message}`;
      this.#emit('Warning', 'Failed', message);
      this.#emit('Warning', 'Failed', 'Error: ErrImagePull');
      show({ reason: 'ErrImagePull', message });
      return { reason: 'ErrImagePull', message, waitMs: Math.min(ERROR_SHOWN_MS, this.#backOff.delayMs / 2) };
    }
  }

  #refuse(reason: string, message: string): NoImage {
    this.#emit('Warning', reason, message);
    return { reason, message, waitMs: 10_000 };
  }

  #emit(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#parts.events.emit(this.#around.pod(), type, reason, message, this.#container);
  }
}
