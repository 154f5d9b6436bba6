"""What GStreamer's loader of Python plug-ins finds: one file an element, in a folder named python."""

from masksmooth_filter.integrations.gst import NAME
from masksmooth_filter.integrations.gst.bindings import Gst
from masksmooth_filter.integrations.gst.element import MaskSmooth

__gstelementfactory__ = (NAME, Gst.Rank.NONE, MaskSmooth)
