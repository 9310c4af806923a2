declare const brand: unique symbol;

/** A value that only its parser can make: `Brand<string, 'DatasetName'>`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
