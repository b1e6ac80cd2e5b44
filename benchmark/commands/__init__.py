"""The commands of ``bench``, one file each; heavy imports wait until a command runs."""
