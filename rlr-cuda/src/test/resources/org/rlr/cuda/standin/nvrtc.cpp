// The compiler: turns a kernel file into a shared object with g++. The "cubin" is that object.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

struct Program {
    std::string source, name, log;
    std::vector<char> cubin;
};

enum { SUCCESS = 0, INVALID_INPUT = 3, INVALID_OPTION = 5, COMPILATION = 6 };

/** Turns "__shared__ T name[A][B];" into a reference to memory of the block that the runtime checks. */
std::string declareShared(const std::string& source) {
    static const std::regex shared(R"(__shared__\s+(\w+)\s+(\w+)((?:\[[^\]]*\])*)\s*;)");
    std::string result;
    auto from = source.cbegin();
    int id = 0;
    for (std::sregex_iterator i(source.begin(), source.end(), shared), end; i != end; ++i) {
        const std::smatch& m = *i;
        result.append(from, m[0].first);
        std::string type = m[2].str() + "_shared";
        result += "typedef " + m[1].str() + " " + type + m[3].str() + "; " + type + "& " + m[2].str() + " = *(" + type + "*) standinShared("
                + std::to_string(id++) + ", \"" + m[2].str() + "\", sizeof(" + type + "));";
        from = m[0].second;
    }
    return result.append(from, source.cend());
}

/** The symbols for cuModuleGetFunction: a function that takes the arguments by address, and their size. */
std::string entryPoints(const std::string& source) {
    static const std::regex kernel(R"(extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s*)?(\w+)\s*\(\s*const\s+(\w+)\s+\w+\s*\))");
    std::string result;
    for (std::sregex_iterator i(source.begin(), source.end(), kernel), end; i != end; ++i) {
        std::string name = (*i)[1], type = (*i)[2];
        result += "extern \"C\" void standinCall_" + name + "(void* a) { " + name + "(*(const " + type + "*) a); }\n"
                + "extern \"C\" const unsigned long standinBytes_" + name + " = sizeof(" + type + ");\n";
    }
    return result;
}

/** The folder of this library, which also has device.h and the stand-in driver. */
std::string home() {
    Dl_info info;
    dladdr((void*) home, &info);
    std::string file = info.dli_fname;
    return file.substr(0, file.rfind('/'));
}

std::string slurp(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}

#define CALL extern "C" __attribute__((visibility("default"))) int

CALL nvrtcVersion(int* major, int* minor) { *major = 12; *minor = 6; return SUCCESS; }
CALL nvrtcGetNumSupportedArchs(int* count) { *count = 2; return SUCCESS; }
CALL nvrtcGetSupportedArchs(int* archs) { archs[0] = 80; archs[1] = 90; return SUCCESS; }
CALL nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const*, const char* const*) {
    if (headers != 0) return INVALID_INPUT;
    *program = new Program{source, name == nullptr ? "kernel" : name, "", {}};
    return SUCCESS;
}
CALL nvrtcDestroyProgram(Program** program) { delete *program; *program = nullptr; return SUCCESS; }

CALL nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    std::string defines;
    bool architecture = false;
    for (int i = 0; i < count; i++) {
        std::string option = options[i];
        architecture |= option.rfind("--gpu-architecture=sm_", 0) == 0;
        if (option.rfind("--define-macro=", 0) == 0) {
            defines += " '-D" + option.substr(15) + "'";
        }
    }
    if (!architecture) {
        program->log = "no --gpu-architecture=sm_XX given";
        return INVALID_OPTION;
    }
    std::string folder = home() + "/compile-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        program->log = "cannot write to " + folder;
        return COMPILATION;
    }
    std::string base = folder + "/kernel";
    {
        std::ofstream out(base + ".cpp", std::ios::binary);
        out << "#line 1 \"" << program->name << "\"\n" << declareShared(program->source) << "\n" << entryPoints(program->source);
    }
    // a file of this name beside the library selects speed instead of checks
    std::string checks = access((home() + "/unchecked").c_str(), F_OK) == 0 ? " -O2"
            : " -O2 -fno-tree-vectorize -fsanitize=kernel-address --param asan-stack=0 --param asan-globals=0 --param asan-instrumentation-with-call-threshold=0";
    std::string command = "g++ -std=c++17 -shared -fPIC -ffp-contract=off -fno-exceptions -Wall -Werror -Wno-unused-function -Wno-sign-compare" + checks + defines
            + " -include '" + home() + "/device.h' '" + base + ".cpp' -o '" + base + ".so' '" + home() + "/libcuda.so.1' > '" + base + ".log' 2>&1";
    int status = system(command.c_str());
    program->log = slurp(base + ".log");
    std::string object = slurp(base + ".so");
    program->cubin.assign(object.begin(), object.end());
    for (const char* end : {".cpp", ".so", ".log"}) unlink((base + end).c_str());
    rmdir(folder.c_str());
    return status == 0 ? SUCCESS : COMPILATION;
}

CALL nvrtcGetCUBINSize(Program* program, size_t* bytes) { *bytes = program->cubin.size(); return SUCCESS; }
CALL nvrtcGetCUBIN(Program* program, char* cubin) { memcpy(cubin, program->cubin.data(), program->cubin.size()); return SUCCESS; }
CALL nvrtcGetProgramLogSize(Program* program, size_t* bytes) { *bytes = program->log.size() + 1; return SUCCESS; }
CALL nvrtcGetProgramLog(Program* program, char* log) { memcpy(log, program->log.c_str(), program->log.size() + 1); return SUCCESS; }
extern "C" __attribute__((visibility("default"))) const char* nvrtcGetErrorString(int code) {
    return code == COMPILATION ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR";
}
