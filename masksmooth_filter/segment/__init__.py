"""From frames to masks: networks, and masks that were made elsewhere."""

from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.masks_save import SaveMasks
from masksmooth_filter.segment.registry import SegmenterOptions, choose_auto, create_model
from masksmooth_filter.segment.segmenter import Model, Segmenter

__all__ = [
    "VOC_LABELS",
    "MasksFromFile",
    "Model",
    "SaveMasks",
    "Segmenter",
    "SegmenterOptions",
    "choose_auto",
    "create_model",
    "parse_classes",
]
