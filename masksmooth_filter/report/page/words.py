"""What each figure is called on the page, what it means in one sentence, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FIGURES: tuple[Mapping[str, str], ...] = (
    {"key": "mean_consistency", "name": "Consistency", "form": "{:.3f}", "better": "more",
     "means": "How much of the mask is where the picture's motion takes the mask before it: 1 is all of it."},
    {"key": "flicker_per_s", "name": "Flicker", "form": "{:.2f}", "unit": "per s", "better": "less",
     "means": "How often a second, on average, a place of the object is switched and switched back within a "
              "tenth of a second."},
    {"key": "mean_jitter_px", "name": "Border jitter", "form": "{:.2f}", "unit": "px", "better": "less",
     "means": "How far, on average, the border is from where the picture's motion takes the one before it."},
    {"key": "lag_ms", "name": "Lag", "form": "{:+.0f}", "unit": "ms", "better": "less",
     "means": "By how much masks trail behind the raw ones (the truth, where there is one); minus is early."},
    {"key": "mean_iou", "name": "Neighbour IoU", "form": "{:.3f}", "better": "more",
     "means": "How much a mask shares with the one before it; true motion lowers it, a frozen mask has 1."},
    {"key": "mean_changed", "name": "Changed pixels", "form": "{:,.0f}", "unit": "a frame", "better": "less",
     "means": "How many pixels are switched from one frame to the next, true motion included."},
    {"key": "mean_j", "name": "Accuracy J", "form": "{:.3f}", "better": "more", "needs": "truth",
     "means": "How much the mask shares with the truth: intersection over union, 1 is all."},
    {"key": "mean_f", "name": "Border accuracy F", "form": "{:.3f}", "better": "more", "needs": "truth",
     "means": "How much of the border lies on the truth's border, within 0.8 % of the picture's diagonal."},
    {"key": "ms_per_frame", "name": "Time", "form": "{:.1f}", "unit": "ms a frame", "better": "less",
     "needs": "times", "means": "How long the method takes for a frame, on the machine named below."},
)  # fmt: skip

CHARTS: tuple[Mapping[str, str], ...] = (
    {"key": "iou", "mean": "mean_iou", "name": "Neighbour IoU", "note": "1 is the same as the frame before",
     "top": "1", "digits": "3"},
    {"key": "changed", "mean": "mean_changed", "name": "Changed pixels", "note": "from the frame before",
     "bottom": "0", "digits": "0"},
    {"key": "consistency", "mean": "mean_consistency", "name": "Consistency",
     "note": "neighbour IoU, the picture's motion allowed for", "top": "1", "digits": "3"},
    {"key": "jitter_px", "mean": "mean_jitter_px", "name": "Border jitter", "unit": "px",
     "note": "distance from where the motion takes the border", "bottom": "0", "digits": "2"},
    {"key": "blinks_px", "mean": "", "name": "Blinking pixels",
     "note": "switched back within 0.1 s; their rate is the flicker", "bottom": "0", "digits": "0"},
    {"key": "j", "mean": "mean_j", "name": "Accuracy J", "note": "overlap with the truth",
     "top": "1", "digits": "3"},
    {"key": "f", "mean": "mean_f", "name": "Border accuracy F", "note": "against the truth's border",
     "top": "1", "digits": "3"},
)  # fmt: skip


def shown(figure: Mapping[str, str], value: float | None) -> str:
    """Return a value as it is printed; a dash where there is none."""
    return "\u2013" if value is None else figure["form"].format(value).replace("-", "\u2212")


def change(figure: Mapping[str, str], values: Sequence[float | None]) -> dict[str, str] | None:
    """Return by how much the second value differs from the first, and whether that is better or worse."""
    before, after = values[:2]
    if before is None or after is None or figure["key"] in ("lag_ms", "ms_per_frame"):
        return None
    if figure["form"] == "{:.3f}":
        text = f"{after - before:+.3f}"
    elif before:
        text = f"{after / before - 1:+.0%}"
    else:
        return None
    same = not any(digit in text for digit in "123456789")
    good = (after > before) == (figure["better"] == "more")
    return {"text": text.replace("-", "\u2212"), "kind": "same" if same else "better" if good else "worse"}
