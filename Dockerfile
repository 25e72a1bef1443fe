# syntax=docker/dockerfile:1

# Builder and runtime share a Debian release, so that the C library fits.
FROM rust:1-slim-trixie AS build
WORKDIR /baton
COPY . .
# The caches live beside the image: a change of one file rebuilds one crate.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/baton/target \
    cargo build --release --locked --bin baton \
    && strip --strip-debug -o /usr/local/bin/baton target/release/baton \
    && mkdir /data

# No shell, no package manager; certificates and the C library are there. The user is 65532.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /usr/local/bin/baton /usr/local/bin/baton
# A named volume takes over the owner of the folder it is mounted on.
COPY --from=build --chown=65532:65532 /data /data
ENV HOST=0.0.0.0 PORT=8080 BATON_DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/baton"]
CMD ["serve"]
