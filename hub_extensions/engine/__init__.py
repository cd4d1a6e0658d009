"""The container engine of one machine: found or started, its base image, and the images built from the tree."""
