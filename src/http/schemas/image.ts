import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { isDigest } from '../../registry/digest.ts';
import { isRepository, isTag, parseImage } from '../../registry/reference.ts';

// How requests name images and registries.

/** For examples. */
export const DIGEST = `sha256:${'4f53cda1'.repeat(8)}`;
export const OTHER = `sha256:${'9c21b0e7'.repeat(8)}`;

export const repositorySchema = z
  .string()
  .refine(isRepository, 'must be a repository, without the host of a registry')
  .meta({ examples: ['shop/web'] });
export const tagSchema = z
  .string()
  .refine(isTag, 'must be a tag: letters, digits, ".", "_" and "-", at most 128')
  .meta({ examples: ['v2'] });
export const digestSchema = z
  .string()
  .refine(isDigest, 'must be a digest: sha256: and 64 hexadecimal digits')
  .meta({ examples: [DIGEST] });

/** `shop/web:v2` or `shop/web@sha256:…`. */
export const imageSchema = z
  .string()
  .refine((text) => {
    const image = parseImage(text);
    return image !== null && (image.tag !== null || image.digest !== null);
  }, 'must be REPOSITORY:TAG or REPOSITORY@DIGEST, without the host of a registry')
  .meta({ examples: ['shop/web:v2'] });

export const registriesSchema = z
  .array(nameSchema)
  .min(1)
  .max(100)
  .refine((names) => new Set(names).size === names.length, 'each registry once');
