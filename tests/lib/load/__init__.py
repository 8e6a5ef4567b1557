"""The programs of container-manager/environment_load."""
