export { bringAttached } from './bringAttached.ts';
export { connectRegistries } from './connectRegistries.ts';
export { lookAtImages } from './lookAtImages.ts';
export { planRelease } from './planRelease.ts';
export { reconcileRule } from './reconcileRule.ts';
export { releaseApp } from './releaseApp.ts';
export { releaseGroup } from './releaseGroup.ts';
export { syncImage } from './syncImage.ts';
