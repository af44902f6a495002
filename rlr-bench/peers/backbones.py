"""timm's backbones, cut to the levels that RLR takes."""
import timm


def create(name, levels, state):
    """The network whose call gives those levels, [N, C, h, w] each, as the public implementation makes it. Its weights are `state`'s."""
    vit = name.startswith("vit_")
    size = {"dynamic_img_size": True} if vit else {}
    net = timm.create_model(name, pretrained=False, features_only=True, out_indices=levels, **size)
    # what lies beyond the levels has no weights; a wrong load would show in the numbers
    (net.model if vit else net).load_state_dict(state, strict=False)
    return net.eval()


def shorten(net):
    """Leaves the stages out that timm's EfficientNet would compute though nobody asks for their levels."""
    if hasattr(net, "blocks"):
        net.blocks = net.blocks[:max(net._stage_out_idx)]
    return net
