# The image of Lockkeeper: both programs, what they load, certificates and time zones, and nothing else. hack/image builds it where no
# container engine runs.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /source
COPY hack/lib/packages.sh hack/lib/
RUN bash -euo pipefail -c 'source hack/lib/packages.sh; export DEBIAN_FRONTEND=noninteractive; apt-get update --quiet; \
    apt-get install --yes --quiet --no-install-recommends "${packages_build[@]}" "${packages_static[@]}" ca-certificates tzdata'
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY controller controller
# The flags are those of the preset `dev`, so with its ccache in CCACHE_DIR there is little to compile. By the compiler's content, since its
# time changes with the layer that it is in.
ARG CCACHE_DIR=/root/.cache/ccache
ENV CCACHE_COMPILERCHECK=content CCACHE_BASEDIR=/source CCACHE_NOHASHDIR=yes
RUN --mount=type=cache,target=/root/.cache/ccache cmake --preset static && cmake --build --preset static
COPY hack/lib/image_files.sh hack/lib/
RUN bash -euo pipefail -c 'source hack/lib/image_files.sh; \
    collect_image_files /image build/static/controller/lockkeeper{,-controller,-copy}'

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="lockkeeper" \
      org.opencontainers.image.description="PostgreSQL schema migrations for Kubernetes, exactly once" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /image/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/lockkeeper"]
