# The house in one image: the binary with the web app inside, and nothing that it does not need.

FROM node:20-bookworm-slim AS web
WORKDIR /src/webapp
COPY webapp/package.json webapp/package-lock.json webapp/.npmrc ./
RUN npm ci
COPY webapp ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/webapp/dist webapp/dist
RUN cargo build --release --locked -p rampa

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/rampa --create-home rampa
COPY --from=build /src/target/release/rampa /usr/local/bin/rampa
USER rampa
WORKDIR /var/lib/rampa
ENV RAMPA__HTTP__LISTEN=0.0.0.0:8080
VOLUME /var/lib/rampa
EXPOSE 8080/tcp 7882-7889/udp 7882-7889/tcp 3478/udp
STOPSIGNAL SIGTERM
ENTRYPOINT ["rampa"]
CMD ["up"]
