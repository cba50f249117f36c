FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY plugins ./plugins
COPY routes ./routes
COPY dashboard ./dashboard
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
ARG GIT_COMMIT=unknown
ARG BUILD_DATE=unknown
ENV NODE_ENV=production \
    ARQONBUS_SERVER_HOST=0.0.0.0 \
    ARQONBUS_TELEMETRY_HOST=0.0.0.0 \
    ARQONBUS_HTTP_HOST=0.0.0.0 \
    ARQONBUS_BUILD_COMMIT=$GIT_COMMIT \
    ARQONBUS_BUILD_DATE=$BUILD_DATE
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
USER node
EXPOSE 9100 9101 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.ARQONBUS_SERVER_PORT || 9100) + '/health').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/main.js"]
