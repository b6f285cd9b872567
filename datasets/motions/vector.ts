/** A place or direction in space: forward, up, to the figure's left; in heights of the body. */
export type Vector = readonly [number, number, number];

export function add(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function length(a: Vector): number {
  return Math.hypot(a[0], a[1], a[2]);
}

export function between(a: Vector, b: Vector, part: number): Vector {
  return add(a, scale(subtract(b, a), part));
}

/** Turns about the axis to the left, bending forward. */
export function bend([forward, up, left]: Vector, degrees: number): Vector {
  const angle = (degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [forward * c + up * s, up * c - forward * s, left];
}

/** Turns about the upright axis, the right side forward. */
export function turn([forward, up, left]: Vector, degrees: number): Vector {
  const angle = (degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [forward * c - left * s, up, left * c + forward * s];
}
