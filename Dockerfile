# Multiplane in a container: docs/docker.md says how to run it, here and on a rented GPU.
#
#   docker build --target cpu  -t multiplane:cpu .
#   docker build --target cuda -t multiplane:cuda .
FROM python:3.12-slim-bookworm AS source
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy
RUN pip install uv
WORKDIR /opt/multiplane
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# What is fetched (weights, sample media) lies in a volume, so that it outlives the container.
ENV PATH=/opt/multiplane/.venv/bin:$PATH \
    MULTIPLANE_CACHE=/cache \
    HF_HOME=/cache/huggingface
RUN useradd --create-home --uid 1000 planes && mkdir /cache /data && chown planes /cache /data
WORKDIR /data

# Without networks of torch: small, and all that a machine without a GPU needs.
FROM source AS cpu
RUN uv sync --project /opt/multiplane --no-dev --no-editable
USER planes
ENTRYPOINT ["multiplane"]

# With them. The wheels of torch hold the CUDA libraries; the driver is the host's. NVENC needs
# the capability "video", which is not among those that are handed in unasked.
FROM source AS cuda
RUN uv sync --project /opt/multiplane --no-dev --no-editable --extra neural
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video
USER planes
ENTRYPOINT ["multiplane"]
