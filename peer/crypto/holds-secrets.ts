/** The method that Node's `util.inspect` asks first. */
const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** Base class of objects with keys in private fields. `util.inspect` and `console.log` show nothing but their class. */
export abstract class HoldsSecrets {
  [inspect](): string {
    return `${this.constructor.name} [secret]`;
  }
}
