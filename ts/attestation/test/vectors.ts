// Reads testdata/vectors/attestation-*.json: every number stands there as text.
import { readFileSync } from 'node:fs';
import { typedData, type MessageName, type Messages } from '../src/messages.js';

export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

export function vectors(name: string): Json {
  return JSON.parse(readFileSync(new URL(`../../../../testdata/vectors/${name}`, import.meta.url), 'utf8')) as Json;
}

export function field(value: Json | undefined, name: string): Json {
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`an object with ${name} is expected`);
  const found = (value as { readonly [name: string]: Json })[name];
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

export function list(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Error('a list is expected');
  return value as readonly Json[];
}

export function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`a text is expected, not ${JSON.stringify(value)}`);
  return value;
}

export function hex(value: Json | undefined): `0x${string}` {
  const found = text(value);
  if (!/^0x([0-9a-f]{2})*$/.test(found)) throw new Error(`${found} is not hexadecimal`);
  return found as `0x${string}`;
}

/** A message from its JSON, by the types of its fields. */
export function message<Name extends MessageName>(name: Name, json: Json): Messages[Name] {
  return struct(name, json) as unknown as Messages[Name];
}

function struct(name: string, json: Json): Record<string, unknown> {
  if (name === 'Match') {
    return { buy: struct('Order', field(json, 'buy')), sell: struct('Order', field(json, 'sell')), quantityWad: BigInt(text(field(json, 'quantityWad'))), priceWad: BigInt(text(field(json, 'priceWad'))) };
  }
  return Object.fromEntries(typedData[name as keyof typeof typedData].map((f) => [f.name, value(f.type, field(json, f.name))]));
}

function value(type: string, json: Json): unknown {
  if (type.endsWith('[]')) return list(json).map((item) => struct(type.slice(0, -2), item));
  if (type === 'bool') return json;
  const bits = /^u?int(\d+)$/.exec(type)?.[1];
  if (bits === undefined) return hex(json);
  return Number(bits) <= 48 ? Number(text(json)) : BigInt(text(json));
}
