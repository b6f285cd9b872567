import fc from "fast-check";

/**
 * The same examples of every property each time, so that the suite says of one state of the code always the same. Other
 * examples: `MUYBRIDGE_PROPERTY_SEED=$RANDOM npx vitest run`.
 */
fc.configureGlobal({ seed: Number(process.env.MUYBRIDGE_PROPERTY_SEED ?? 1) });
