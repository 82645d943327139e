#!/bin/sh
# What is asked of the worker before it is stopped; the worker may be in the middle of a line.
echo
echo 'queue closed, 0 jobs in flight'
