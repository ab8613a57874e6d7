/**
 * A reporter for vitest that ends with a line like that of the other suites, which `make test` adds up:
 * `test result: ok. 10 passed; 0 failed; 0 ignored; <name>`. EVIDENT_SUITE is the name.
 */
export default class Summary {
    onTestRunEnd(modules, errors) {
        const count = { passed: 0, failed: errors.length, skipped: 0 };
        for (const module of modules) {
            // A file that did not even load has no tests that could fail.
            const broken = module.errors().length;
            count.failed += broken;
            for (const test of module.children.allTests()) {
                const { state } = test.result();
                if (state in count) count[state] += 1;
            }
        }
        const outcome = count.failed === 0 ? 'ok' : 'FAILED';
        const name = process.env['EVIDENT_SUITE'] ?? 'vitest';
        console.log(
            `\ntest result: ${outcome}. ${count.passed} passed; ${count.failed} failed; ${count.skipped} ignored; ${name}`,
        );
    }
}
