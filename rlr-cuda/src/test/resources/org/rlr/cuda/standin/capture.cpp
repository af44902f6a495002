// Graphs captured from a stream: submitted work is stored with its arguments and runs at each launch of the graph.
// Calls that the real driver forbids during a capture are refused and end the capture.
#include "standin.h"
#include <vector>

namespace standin {

namespace {

typedef std::vector<Work> Graph;
void* captured = nullptr;
bool spoiled = false;
Graph* recording = nullptr;

}

bool capture(void* stream, const Work& work) {
    if (recording == nullptr || stream != captured) {
        return false;
    }
    recording->push_back(work);
    return true;
}

Result submit(void* stream, const Work& work) {
    return capture(stream, work) ? SUCCESS : work();
}

Result refusedInCapture(void* stream, const char* call) {
    if (recording == nullptr || (stream != nullptr && stream != captured)) {
        return SUCCESS;
    }
    spoiled = true;
    return fail(CAPTURE_UNSUPPORTED, std::string(call) + " while a stream is captured");
}

}

using namespace standin;
#define CALL extern "C" __attribute__((visibility("default"))) int

CALL cuStreamBeginCapture_v2(void* stream, int mode) {
    if (recording != nullptr || mode < 0 || mode > 2) {
        return fail(INVALID_VALUE, "a stream is captured already, or no mode " + std::to_string(mode));
    }
    captured = stream;
    spoiled = false;
    recording = new Graph();
    return SUCCESS;
}
CALL cuStreamEndCapture(void* stream, Graph** graph) {
    if (recording == nullptr || stream != captured) {
        return fail(INVALID_VALUE, "the stream is not captured");
    }
    *graph = spoiled ? nullptr : recording;
    if (spoiled) {
        delete recording;
    }
    recording = nullptr;
    captured = nullptr;
    return spoiled ? fail(CAPTURE_INVALIDATED, "the capture was ended by a call that is not allowed in it") : SUCCESS;
}
CALL cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long) {
    *executable = new Graph(*graph);
    return SUCCESS;
}
CALL cuGraphLaunch(Graph* executable, void*) {
    for (const Work& work : *executable) {
        Result result = work();
        if (result != SUCCESS) {
            return result;
        }
    }
    return SUCCESS;
}
CALL cuGraphExecDestroy(Graph* executable) { delete executable; return SUCCESS; }
CALL cuGraphDestroy(Graph* graph) { delete graph; return SUCCESS; }
