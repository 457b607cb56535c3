import { gzipSync, zstdCompressSync } from 'node:zlib';
import { noise, sha256, type Blob } from '../../../devfleet/images/layer.ts';
import { CONFIG, INDEX, LAYER, MANIFEST } from './images.ts';
import { blobOf, configOf, documentOf, entry, imageOf, over, single, type Built } from './parts.ts';

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const DOCKER_FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const OCI_FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
const ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
const IN_TOTO = 'application/vnd.in-toto+json';

/** What every artifact without a config shares (image spec, "guidance for an empty descriptor"). */
const EMPTY = blobOf('application/vnd.oci.empty.v1+json', '{}');

const AMD = { architecture: 'amd64', os: 'linux' };
const ARM = { architecture: 'arm64', os: 'linux', variant: 'v8' };

/** Names say who builds such. */
export const BUILT: Record<string, () => Built> = {
  'an index of two platforms with attestations (buildx)': buildxIndex,
  'a manifest list, schema 2 (docker)': dockerList,
  'a manifest, schema 2, with a layer that is fetched from elsewhere (docker for Windows)': windowsImage,
  'a layer that may not be distributed (OCI)': undistributable,
  'layers compressed with zstd, one of them twice, and one without a byte': zstdLayers,
  'an artifact with the empty config (ORAS)': chart,
  'an artifact of nothing but annotations (ORAS)': note,
  'an image with signature, attestation and SBOM under tags (cosign)': cosigned,
  'an image with an SBOM and a bundle that refer to it, and a signature of the SBOM (ORAS, cosign 3)': referredTo,
  'a layer of 64 MB': largeLayer,
};

export function buildxIndex(): Built {
  const images = [AMD, ARM].map((platform) => imageOf('buildx', platform));
  const attested = images.map(({ root }) => attestationOf(root));
  const index = documentOf(INDEX, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      ...images.map(({ root }, at) => entry(root, { platform: [AMD, ARM][at] })),
      ...attested.map(({ root }, at) =>
        entry(root, {
          annotations: {
            'vnd.docker.reference.digest': images[at]?.root.digest,
            'vnd.docker.reference.type': 'attestation-manifest',
          },
          platform: { architecture: 'unknown', os: 'unknown' },
        }),
      ),
    ],
  });
  return over(index, [...images, ...attested]);
}

function dockerList(): Built {
  const images = [AMD, ARM].map((platform) => dockerOf(platform, [blobOf(DOCKER_LAYER, noise('docker', 200_000))]));
  const manifests = images.map(({ root }, at) => entry(root, { platform: [AMD, ARM][at] }));
  return over(documentOf(DOCKER_LIST, { schemaVersion: 2, mediaType: DOCKER_LIST, manifests }, '   '), images);
}

export function windowsImage(): Built {
  const urls = ['https://mcr.microsoft.com/v2/windows/nanoserver/blobs/sha256:1'];
  return dockerOf(AMD, [blobOf(DOCKER_LAYER, noise('windows', 50_000))], elsewhere(DOCKER_FOREIGN, urls));
}

function undistributable(): Built {
  const { root, blobs } = imageOf('nondistributable', AMD);
  const foreign = elsewhere(OCI_FOREIGN, ['https://example.com/layer']);
  const content = JSON.parse(root.bytes.toString()) as { layers: object[] };
  const manifest = documentOf(MANIFEST, { ...content, layers: [foreign, ...content.layers] });
  return { ...single(manifest, blobs), left: [foreign.digest] };
}

function zstdLayers(): Built {
  const config = configOf('zstd', AMD);
  const layers = [blobOf(ZSTD, zstdCompressSync(noise('zstd', 300_000))), blobOf(LAYER, '')];
  const listed = [...layers, ...layers].map((layer) => entry(layer));
  const content = { schemaVersion: 2, mediaType: MANIFEST, config: entry(config), layers: listed };
  return single(documentOf(MANIFEST, content), [config, ...layers]);
}

function chart(): Built {
  const layer = blobOf('application/vnd.cncf.helm.chart.content.v1.tar+gzip', gzipSync(noise('chart', 20_000)));
  const artifact = artifactOf('application/vnd.example.chart', [layer]);
  return single(artifact, [EMPTY, layer]);
}

function note(): Built {
  // The image spec has the empty descriptor as its one layer, too.
  const artifact = artifactOf('application/vnd.example.note', [EMPTY], { annotations: { 'com.example/note': 'é' } });
  return single(artifact, [EMPTY]);
}

function cosigned(): Built {
  const image = imageOf('signed', AMD);
  const tag = image.root.digest.replace(':', '-');
  const beside = {
    sig: cosignOf('application/vnd.dev.cosign.simplesigning.v1+json', image.root),
    att: cosignOf('application/vnd.dsse.envelope.v1+json', image.root),
    sbom: cosignOf('text/spdx+json', image.root),
  };
  return {
    root: image.root,
    manifests: [image, ...Object.values(beside)].flatMap(({ manifests }) => manifests),
    blobs: [image, ...Object.values(beside)].flatMap(({ blobs }) => blobs),
    tags: Object.fromEntries(Object.entries(beside).map(([kind, { root }]) => [`${tag}.${kind}`, root])),
  };
}

export function referredTo(): Built {
  const image = imageOf('referred to', AMD);
  const document = blobOf('application/spdx+json', '{ "spdxVersion": "SPDX-2.3" }\n');
  const bundles = ['bundle', 'of the sbom'].map((text) =>
    blobOf('application/vnd.dev.sigstore.bundle.v0.3+json', `{ "mediaType": "${text}" }\n`),
  );
  const sbom = artifactOf('application/spdx+json', [document], {
    subject: entry(image.root),
    annotations: { 'org.opencontainers.image.created': '2026-11-28T00:00:00Z' },
  });
  const referrers = [
    sbom,
    ...bundles.map((bundle, at) =>
      artifactOf(bundle.mediaType, [bundle], { subject: entry([image.root, sbom][at] ?? sbom) }),
    ),
  ];
  return {
    root: image.root,
    manifests: [image.root, ...referrers],
    blobs: [...image.blobs, EMPTY, document, ...bundles],
  };
}

function largeLayer(): Built {
  const config = configOf('large', AMD);
  const layer = blobOf(LAYER, noise('large', 64_000_000));
  const content = { schemaVersion: 2, mediaType: MANIFEST, config: entry(config), layers: [entry(layer)] };
  return single(documentOf(MANIFEST, content), [config, layer]);
}

/** As BuildKit puts it beside an image in the index. */
function attestationOf(image: Blob): Built {
  const statement = blobOf(IN_TOTO, `{"_type":"https://in-toto.io/Statement/v0.1","subject":"${image.digest}"}`);
  const config = blobOf(CONFIG, `{"architecture":"unknown","os":"unknown","rootfs":["${statement.digest}"]}`);
  const layer = entry(statement, { annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' } });
  const content = { schemaVersion: 2, mediaType: MANIFEST, config: entry(config), layers: [layer] };
  return single(documentOf(MANIFEST, content), [config, statement]);
}

function cosignOf(mediaType: string, image: Blob): Built {
  const payload = blobOf(mediaType, `{"critical":{"image":{"docker-manifest-digest":"${image.digest}"}}}`);
  const config = blobOf(CONFIG, `{"architecture":"","os":"","rootfs":{"diff_ids":["${payload.digest}"]}}`);
  const layer = entry(payload, { annotations: { 'dev.cosignproject.cosign/signature': 'MEUCIQ==' } });
  const content = { schemaVersion: 2, mediaType: MANIFEST, config: entry(config), layers: [layer] };
  return single(documentOf(MANIFEST, content, ''), [config, payload]);
}

/** Without the field `mediaType`, which the image spec only recommends. */
function artifactOf(artifactType: string, layers: readonly Blob[], more: object = {}): Blob {
  const config = entry(EMPTY, { data: 'e30=' });
  return documentOf(MANIFEST, {
    schemaVersion: 2,
    artifactType,
    config,
    layers: layers.map((one) => entry(one)),
    ...more,
  });
}

function dockerOf(platform: object, layers: readonly Blob[], foreign?: { digest: string }): Built {
  const config = { ...configOf('docker', platform), mediaType: DOCKER_CONFIG };
  const listed = [...(foreign === undefined ? [] : [foreign]), ...layers.map((layer) => entry(layer))];
  const content = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: entry(config), layers: listed };
  const built = single(documentOf(DOCKER_MANIFEST, content, '   '), [config, ...layers]);
  return { ...built, left: foreign === undefined ? [] : [foreign.digest] };
}

function elsewhere(mediaType: string, urls: string[]): { mediaType: string; size: number; digest: string } {
  return { mediaType, size: 101_145_811, digest: sha256(urls.join()), ...{ urls } };
}
