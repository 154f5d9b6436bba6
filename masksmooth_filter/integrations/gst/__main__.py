"""Print the folder that ``GST_PLUGIN_PATH`` needs."""

from masksmooth_filter.integrations.gst import plugin_path

print(plugin_path())
