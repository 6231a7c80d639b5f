/** The method Node's `util.inspect` asks first: objects with keys say only their name there. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');
