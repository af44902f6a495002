"""timm's backbones, truncated to the levels that RLR uses."""
import timm


def create(name, levels, state):
    """The network that returns those levels, [N, C, h, w] each, built like the public implementation, with the weights in `state`."""
    vit = name.startswith("vit_")
    size = {"dynamic_img_size": True} if vit else {}
    net = timm.create_model(name, pretrained=False, features_only=True, out_indices=levels, **size)
    # layers after the levels have no weights; a wrong load would change the results
    (net.model if vit else net).load_state_dict(state, strict=False)
    return net.eval()


def shorten(net):
    """Omits the stages that timm's EfficientNet would compute although their levels are not used."""
    if hasattr(net, "blocks"):
        net.blocks = net.blocks[:max(net._stage_out_idx)]
    return net
