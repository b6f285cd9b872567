import { directionsOf, type NetworkShape } from "../network-shape.js";
import { resetAfterCell, resetBeforeCell } from "./gru-cell.js";
import { lstmCell } from "./lstm-cell.js";
import type { RecurrentCell } from "./recurrent-cell.js";
import { simpleCell } from "./simple-cell.js";

/** The cell of a network. */
export function cellOf(shape: NetworkShape): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = shape;
  const settings = { hidden, stateActivation, gateActivation, directions: directionsOf(shape) };
  if (shape.cell === "lstm") return lstmCell(settings);
  if (shape.cell === "rnn") return simpleCell(settings);
  return shape.resetAfter ? resetAfterCell(settings) : resetBeforeCell(settings);
}
