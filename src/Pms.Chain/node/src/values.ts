// Values between JSON and the ABI: integers travel as decimal texts, bytes as 0x texts, structs as objects by field name.
import type { AbiParameter } from 'viem';

interface Tupled extends Record<string, unknown> {}

function componentsOf(parameter: AbiParameter): readonly AbiParameter[] {
  return 'components' in parameter ? (parameter.components as readonly AbiParameter[]) : [];
}

/** A JSON value as viem wants it for this parameter. Refuses numbers that JSON may have rounded. */
export function toAbi(parameter: AbiParameter, value: unknown): unknown {
  const array = /^(.*)\[(\d*)\]$/.exec(parameter.type);
  if (array) {
    if (!Array.isArray(value)) throw new Error(`${parameter.name ?? parameter.type}: a list is expected`);
    const item = { ...parameter, type: array[1] as string } as AbiParameter;
    return value.map((v) => toAbi(item, v));
  }
  if (parameter.type === 'tuple') {
    const fields = value as Tupled;
    return Object.fromEntries(componentsOf(parameter).map((c, i) => {
      const name = c.name ?? String(i);
      if (!(name in fields)) throw new Error(`${parameter.name ?? 'tuple'}: the field ${name} is missing`);
      return [name, toAbi(c, fields[name])];
    }));
  }
  if (/^u?int/.test(parameter.type)) {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${parameter.name ?? parameter.type}: ${value} is not exact, a decimal text is expected`);
    const whole = BigInt(value as string | number);
    const bits = Number(/\d+/.exec(parameter.type)?.[0] ?? '256');
    return bits <= 48 ? Number(whole) : whole;
  }
  return value;
}

/** A value as JSON: every integer a decimal text, whatever its size. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toJson(v)]));
  return value;
}
