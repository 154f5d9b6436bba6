"""Make masks steady in time."""
