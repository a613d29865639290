import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { encodeIdent, parseIdent } from '../../src/git/ident.ts';
import { codePoint } from '../helpers/codepoints.ts';

describe('parseIdent', () => {
  it('reads what git writes', () => {
    expect(parseIdent('Alice Ng <alice@acme.example> 1700000000 +0000')).toEqual({
      name: 'Alice Ng',
      email: 'alice@acme.example',
      time: 1700000000,
      zone: '+0000',
    });
    expect(parseIdent(Buffer.from('Ålice <a> 0 -0330'))).toEqual({
      name: 'Ålice',
      email: 'a',
      time: 0,
      zone: '-0330',
    });
    expect(parseIdent(' <a@b> 1 +0000')).toEqual({ name: '', email: 'a@b', time: 1, zone: '+0000' });
    expect(parseIdent('A <a@b> 9007199254740991 +0000')?.time).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    '',
    'Alice',
    'Alice <a@b>',
    'Alice <a@b> 1700000000',
    'Alice <a@b> 1700000000 0000',
    'Alice <a@b> 1700000000 +00000',
    'Alice <a@b> 01 +0000',
    'Alice <a@b> -1 +0000',
    'Alice <a@b> 1e9 +0000',
    'Alice <a@b> 9007199254740992 +0000',
    'Alice <a@b>  1 +0000',
    'Alice<a@b> 1 +0000',
    'Al<ice <a@b> 1 +0000',
    'Alice <a@b>> 1 +0000',
    'Alice <a@b> 1 +0000 ',
    'Alice <a@b> 1 +0000\n',
    'Ali\nce <a@b> 1 +0000',
    'Ali\0ce <a@b> 1 +0000',
  ])('refuses %j', (line) => {
    expect(parseIdent(line)).toBeUndefined();
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parseIdent(Buffer.from('Andr\xe9 <a@b> 1 +0000', 'latin1'))).toBeUndefined();
  });
});

describe('encodeIdent', () => {
  const part = fc.string({ unit: codePoint }).filter((text) => !/[<>\n\0]/.test(text));
  const ident = fc.record({
    name: part,
    email: part,
    time: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    zone: fc
      .tuple(fc.constantFrom('+', '-'), fc.nat({ max: 9999 }))
      .map(([sign, n]) => sign + String(n).padStart(4, '0')),
  });

  it('is what parseIdent reads back', () => {
    fc.assert(
      fc.property(ident, (who) => {
        expect(parseIdent(encodeIdent(who))).toEqual(who);
        expect(parseIdent(Buffer.from(encodeIdent(who)))).toEqual(who);
      }),
    );
  });

  it.each([
    { name: 'A\nparent 1', email: 'a@b', time: 1, zone: '+0000' },
    { name: 'A', email: 'a@b> 1 +0000\n', time: 1, zone: '+0000' },
    { name: 'A <x', email: 'a@b', time: 1, zone: '+0000' },
    { name: 'A', email: 'a@b', time: -1, zone: '+0000' },
    { name: 'A', email: 'a@b', time: 1.5, zone: '+0000' },
    { name: 'A', email: 'a@b', time: 1e21, zone: '+0000' },
    { name: 'A', email: 'a@b', time: 1, zone: 'UTC' },
  ])('refuses $name <$email> $time $zone', (who) => {
    expect(() => encodeIdent(who)).toThrow(Failure);
  });
});
