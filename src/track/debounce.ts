/**
 * 'interface_up_down_delays': a change of an interface counts when it has lasted. The first time an interface is seen up
 * counts at once, and so does an interface that is gone.
 */
export type DebounceParams = { readonly downUs: number; readonly upUs: number }; // 0 = at once

export type DebounceState = {
  readonly up: boolean; // what counts
  readonly seenUp: boolean; // what the kernel said last
  readonly wasUp: boolean; // it has counted as up once
  readonly changeAtUs: number; // when `seenUp` counts; Infinity = it does
};

export type DebounceEvent =
  /** `gone`: it does not exist any more. */
  { readonly type: 'seen'; readonly up: boolean; readonly gone: boolean } | { readonly type: 'timer' };

const settled = (up: boolean, wasUp: boolean): DebounceState => ({
  up,
  seenUp: up,
  wasUp: wasUp || up,
  changeAtUs: Number.POSITIVE_INFINITY,
});

export const initialDebounce = (up: boolean): DebounceState => settled(up, false);

/** Total. A change that is taken back within its delay never happened. */
export function stepDebounce(
  params: DebounceParams,
  state: DebounceState,
  event: DebounceEvent,
  nowUs: number,
): DebounceState {
  if (event.type === 'timer') return nowUs < state.changeAtUs ? state : settled(state.seenUp, state.wasUp);
  const { up } = event;
  if (event.gone) return settled(false, false);
  if (up === state.up) return settled(up, state.wasUp);
  const delayUs = up ? params.upUs : params.downUs;
  if (delayUs === 0 || !state.wasUp) return settled(up, state.wasUp);
  const changeAtUs = Math.min(state.changeAtUs, nowUs + delayUs);
  return { up: state.up, seenUp: up, wasUp: state.wasUp, changeAtUs };
}

/**
 * KEEPALIVED: a delay that reaches (down_timer_adverts - 1) advert intervals is cut to that less 1/256 of one, so that a
 * router notices its dead link before its peers give up on it; also when a shorter interval is learnt from the master.
 */
export function cutDelay(delayUs: number, downTimerAdverts: number, adverIntUs: number): number {
  const end = (downTimerAdverts - 1) * adverIntUs;
  if (delayUs === 0 || delayUs < end) return delayUs;
  return Math.max(0, end - Math.floor(adverIntUs / 256));
}
