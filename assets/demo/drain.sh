#!/bin/sh
# What is asked of the worker before it is stopped.
echo 'queue closed, 0 jobs in flight'
