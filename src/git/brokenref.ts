import { Failure } from '../failure.ts';

/** Whatever is wrong with a ref that is there, it must not be taken for one that is not. */

export function holdsNothing(name: string): Failure {
  return broken(
    name,
    'it holds neither an object id nor the name of a ref; restore it from another clone, or delete it',
  );
}

export function hasOddName(name: string): Failure {
  return broken(JSON.stringify(name), 'git allows no such name; delete it, or give it another name');
}

export function leadsNowhere(name: string): Failure {
  return broken(
    name,
    'it is a symbolic ref that leads to no end; point it at another ref with git symbolic-ref, or delete it',
  );
}

export function isLinked(name: string): Failure {
  return broken(
    name,
    'a symbolic link stands in its place, which git reads now one way and now another; delete that link, and make the ref anew with git update-ref or git symbolic-ref',
  );
}

function broken(name: string, why: string): Failure {
  return new Failure(`ref ${name} is broken: ${why}`);
}
