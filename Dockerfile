# muybridge as a program in a container: docker build -t muybridge .
# docker run --rm -v "$PWD:/data" -v muybridge-cache:/cache muybridge label /data/model /data/clips
FROM node:24-bookworm-slim AS build
WORKDIR /build
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json README.md LICENSE CHANGELOG.md ./
COPY src src
COPY datasets datasets
COPY docs docs
RUN npm pack

FROM node:24-bookworm-slim
ENV ONNXRUNTIME_NODE_INSTALL=skip MUYBRIDGE_CACHE_DIR=/cache NODE_ENV=production
WORKDIR /app
COPY --from=build /build/muybridge-*.tgz ./
# The last two are for submit and worker.
RUN npm init -y >/dev/null \
  && npm install ./muybridge-*.tgz bullmq@6 ioredis@5 \
  && rm muybridge-*.tgz \
  && npm cache clean --force \
  && ln -s /app/node_modules/.bin/muybridge /usr/local/bin/muybridge \
  && install -d -o node -g node /cache
USER node
VOLUME /cache
# Signals reach muybridge itself, so that docker stop ends a batch as Ctrl-C does.
STOPSIGNAL SIGTERM
ENTRYPOINT ["muybridge"]
CMD ["--help"]
