import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one line that people and machines read: `N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let [passed, failed] = [0, errors.length];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        // A test that was left out has shown nothing.
        else failed += 1;
      }
      // A file that could not be loaded has no tests to count.
      if (module.state() === 'failed' && tests.every((test) => test.result().state === 'passed'))
        failed += 1;
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
  }
}
