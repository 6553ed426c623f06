import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/clock.ts"],
    fakeTimers: { now: Date.UTC(2026, 1, 2, 11, 59, 59, 900) },
    restoreMocks: true,
    unstubGlobals: true,
  },
});
