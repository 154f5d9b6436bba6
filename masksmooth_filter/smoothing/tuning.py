"""Every constant of the motion smoother, in one place. docs/method_motion.md says where each comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

ROWS = 270
"""Short side, in pixels, of the pictures that motion, reliability and colour are judged on. Working at all
480 rows gave the same J within .006, for twice the time."""

TUNED_ROWS = 240
"""Lengths below are pixels at this many rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Constants that depend on how good the masks are; one set for each end of the strength.

    Attributes
    ----------
    pairwise : float
        Summed weight of a pixel's colour samples.
    colour_sigma : float
        Standard deviation of colour likeness, in 8-bit Lab levels.
    contrast : float
        Share of the samples' plain mean that is taken off their weighted one: at 0 pixels follow what is
        alike, at 1 only as far as that differs from what is around, so that nothing shrinks for being thin.
    model : float
        Weight of the colour model's log-odds.
    unary : float
        Weight of the vote's log-odds.
    doubt : float
        What is left of the vote's log-odds where no neighbour supports it.
    voice : float
        Log-odds of the raw mask at full size.
    memory : float
        Share of the steadied mask in what a frame that has left tells later ones; the rest is the raw one.
    sharp : float
        Share of the refined mask in the steadied one it tells; the rest is the soft vote.
    belief : float
        How far that is believed where the raw mask was not: 0 as little as the raw mask, 1 fully.
    """

    pairwise: float
    colour_sigma: float
    contrast: float
    model: float
    unary: float
    doubt: float
    voice: float
    memory: float
    sharp: float
    belief: float

    def mixed(self, other: End, share: float) -> End:
        """Return the constants ``share`` of the way to another end."""
        mix = {n: getattr(self, n) + share * (getattr(other, n) - getattr(self, n)) for n in End.__slots__}
        return End(**mix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """Constants where object and ground have the same colours; their meaning is that of `End`'s.

    Colour samples would then shrink whatever is thin: the vote counts fully, and they only smooth.
    """

    pairwise: float = 2.0
    contrast: float = 1.0
    model: float = 0.0
    unary: float = 1.0
    sharp: float = 0.0

    def mixed(self, end: End, share: float) -> End:
        """Return an end's constants where colours tell by a share of 0 (nothing) to 1 (as usual)."""
        if share == 1:
            return end
        mix = {
            n: v + share * (getattr(end, n) - v) for n, v in ((n, getattr(self, n)) for n in Blind.__slots__)
        }
        return replace(end, **mix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Constants of the vote, of reliability, and of the refinement.

    Attributes
    ----------
    sigma : float
        Standard deviation of the weights in time, in frames. Five frames away they are still .77: how far
        a frame is asked is a matter of the trust in the way to it, not of its distance. With 3 (.25 there)
        the gain in J is .003 less with either network's masks, less on 10 of 12 clips.
    alpha : float
        Squared forward-backward error in pixels that halves the trust in a step where nothing moves.
    shade : float
        Change in luma at which a vote counts 4/9.
    own : float
        Weight of a frame's own mask; a neighbour at no distance in time has 1.
    box : float
        Width of the square over which reliability is averaged, in pixels.
    floor : float
        Least reliability, before it is squared.
    support : float
        Support from which a contradiction counts fully against a good mask.
    aligned : (float, float)
        Edge alignment at which masks count as poor, and as good.
    agreed : (float, float)
        Share of what frames and their neighbours see that both see, at which masks count as poor however well
        they sit on edges, and from which edges decide. Six real sequences have .52 to .97, synthetic ones .46
        and more, an object hardly seen in three frames of five .27: belief in what became of masks would
        refuse it for good.
    steady : (float, float)
        Support from which ``belief`` begins to count, and counts fully.
    blind_belief : (float, float)
        ``belief`` at the poor and at the good end where object and ground have the same colours: nothing in
        the picture then contradicts a border that trails behind.
    model_reach : float
        Colours count within this many pixels of the object.
    model_clip : float
        Greatest log-odds a colour can have.
    alike : (float, float)
        Overlap of the object's and the ground's histograms up to which colours tell them apart as usual, and
        from which they do not: there ``blind`` counts.
    thin : float
        Radius of the disc that does not fit into thin parts, in pixels.
    thin_alike : (float, float)
        Overlap as in ``alike`` from which the field may not remove thin parts, and may not at all.
    band : float
        Width of the refined band on each side of the border, and sigma of the colour samples, in pixels.
    samples, rounds : int
        Colour samples a pixel, and rounds.
    near : float
        Summed weight of the 24 nearest pixels.
    doubtful : float
        Support from which the vote's log-odds count fully.
    full_band, full_spiral : float
        The same as ``band`` in the round at full size.
    full_samples : int
        Colour samples a pixel there.
    full_pairwise, full_colour, full_contrast : float
        Weight of the colour samples there, their colour sigma, and their `End.contrast`.
    poor, good : End
        The two ends.
    blind : Blind
        What takes their place where colours tell nothing.
    """

    sigma: float = 7.0
    alpha: float = 1.0
    shade: float = 15.0
    own: float = 1.5
    box: float = 19.0
    floor: float = 0.03
    support: float = 0.3
    aligned: tuple[float, float] = (1.25, 1.45)
    agreed: tuple[float, float] = (0.25, 0.45)
    steady: tuple[float, float] = (0.3, 0.7)
    blind_belief: tuple[float, float] = (0.35, 0.1)
    model_reach: float = 40.0
    model_clip: float = 3.0
    alike: tuple[float, float] = (0.4, 0.5)
    thin: float = 4.0
    thin_alike: tuple[float, float] = (0.3, 0.4)
    band: float = 8.0
    samples: int = 48
    rounds: int = 3
    near: float = 1.0
    doubtful: float = 0.5
    full_band: float = 1.5
    full_spiral: float = 2.5
    full_samples: int = 24
    full_pairwise: float = 4.0
    full_colour: float = 12.0
    full_contrast: float = 0.0
    poor: End = End(
        pairwise=8,
        colour_sigma=8,
        contrast=0,
        model=1.5,
        unary=0.5,
        doubt=0.2,
        voice=0,
        memory=1,
        sharp=0.25,
        belief=0.35,
    )
    good: End = End(
        pairwise=4,
        colour_sigma=20,
        contrast=0,
        model=0.6,
        unary=1,
        doubt=1,
        voice=2,
        memory=1,
        sharp=0.5,
        belief=0.75,
    )
    blind: Blind = Blind()


TUNING = Tuning()

SHORT = replace(TUNING, sigma=3.0, blind_belief=(TUNING.poor.belief, TUNING.good.belief))
"""With less look-ahead than the radius the past has more votes than what comes. Flat weights in time would
make more of that: an object missed at first would be refused (causal, *dark_noise* with like colours: J .796,
not .844), and borders would trail more (look-ahead 2, *slow*: J .946, not .957)."""

CAUSAL = replace(
    SHORT,
    own=3.0,
    poor=replace(TUNING.poor, memory=0.3),
    good=replace(TUNING.good, memory=0.7),
)
"""Without look-ahead only the frame's own mask can contradict the past: it must speak louder, and what the
past tells must stay closer to what the network said."""


def tuning_for(lookahead: int, radius: int) -> Tuning:
    """Return the constants for a window of ``radius`` frames before and ``lookahead`` frames after."""
    if not lookahead:
        return CAUSAL
    return TUNING if lookahead == radius else SHORT
